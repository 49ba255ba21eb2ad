"""What knows no subject: crypto, rate limits, databases, texts, files, refusals."""
