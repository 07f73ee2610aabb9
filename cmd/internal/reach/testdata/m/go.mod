module scratch

go 1.26
