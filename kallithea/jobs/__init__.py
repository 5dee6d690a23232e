"""A door like the pages and the wire: what it answers to is work that became due. `table.py` has every kind of job."""
