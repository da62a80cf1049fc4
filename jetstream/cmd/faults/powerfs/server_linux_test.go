package powerfs_test

func serve() {}
