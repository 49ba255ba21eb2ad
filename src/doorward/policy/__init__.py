"""What is required of whom, from when and with what: fields, versions, minimums, grace and waves."""
