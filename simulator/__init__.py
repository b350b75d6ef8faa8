"""WeCom played by us, shipped with the product for rehearsals and tests: knows the wire, knows no room of ours."""
