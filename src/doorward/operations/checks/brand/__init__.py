"""What `doorward check --brand` and the brand's page look at: host names, certificates, and who may send its mail."""
