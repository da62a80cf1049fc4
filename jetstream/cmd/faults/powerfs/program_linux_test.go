package powerfs_test

func serve()      {}
func runProgram() {}
