"""A small Django project with our domain and libraries, each used as its documentation shows. See README.md."""
