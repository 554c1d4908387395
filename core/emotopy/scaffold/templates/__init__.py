"""What `emotopy plugins new` writes: a working module per role, checked like any other code of ours."""
