"""What would change if packages shipped differently: levers, scenarios, adoption, worth.

```
levers ─selection─▶ looking_back  ─effects─▶ apply, adoption
                 └▶ looking_ahead ─────────▶ simulate
```
"""
