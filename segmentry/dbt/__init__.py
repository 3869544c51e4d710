"""dbt as the builder of the warehouse: its process, its manifest and its results."""
