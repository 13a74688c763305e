"""The production store: InfluxDB. Line protocol in, InfluxQL out; see docs/influxdb.md."""
