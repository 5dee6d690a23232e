"""Where people may come from beside the accounts kept here: directories, this machine, a proxy, a provider of identities.

A source is told its settings, is asked about somebody, and answers with a `VerifiedPerson` or says that it cannot tell now. It
knows neither accounts nor the database nor the web.
"""
