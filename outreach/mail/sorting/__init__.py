"""What kind of mail it is, rule by rule; `classify` asks them in order."""
