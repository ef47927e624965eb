"""Dated rules, and exactly one reason for every package.

```
policies.toml ─policy_files─▶ policies ─clauses─▶ expressions ┐
packages ─────────────────────── number_reasons ──────────────┴─classify─▶ verdicts
```
"""
