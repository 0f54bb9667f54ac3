SELECT version FROM site
