"""The cheapest mix of levers that reaches a target with a stated confidence.

```
eligible packages ┐
needs, ahead ─────┴─▶ chance ─▶ solver (decomposed) ─▶ result ─▶ plan
```
"""
