"""The promises, shown on whole processes: what an operator has, from the webhook to the phone."""
