"""What people are told: pure functions from what is true to a card or words, one per notice."""
