"""The example of a service square."""

from importlib.resources import as_file, files

from vilina_ingest.site import Site
from vilina_ingest.site_file import load_site


def example_site() -> Site:
    """The square of `site.yaml` beside this file."""
    with as_file(files(__name__) / "site.yaml") as path:
        return load_site(path)
