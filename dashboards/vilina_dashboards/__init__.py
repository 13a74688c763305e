"""From the site model to Grafana dashboards."""
