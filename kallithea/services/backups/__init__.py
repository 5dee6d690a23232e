"""Backups: plain folders with the hash of every file, made while people push, checked, and restored.

`format.py`: what lies where; `cut.py`: one moment of database and repositories; `creating.py`, `verifying.py`, `restoring.py`,
`one_repository.py`, `drill.py`: the verbs; `generations.py`: the folder with all backups.
"""
