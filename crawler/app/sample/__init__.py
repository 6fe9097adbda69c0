"""A market that ships with the product: fictional coffee shops, their rivals and a search."""
