"""The explorer: web pages over the published marts. A page is a YAML file in `explorer/pages/`."""
