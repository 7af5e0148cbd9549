"""The configs that ship with passivtui: a template, examples that run on the demo market, and coin lists."""
