"""`python -m vilina_deploy` is `vilina`."""

from vilina_deploy.cli import main

main()
