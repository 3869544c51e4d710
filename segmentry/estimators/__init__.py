"""Maximum-likelihood models of purchases, order values and tenures: fitted small in Python, scored big in SQL."""
