/* What only the newsroom's pages do beyond HTML; each works by hand too. */
