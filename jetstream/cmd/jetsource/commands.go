package main

// commands are all commands, in the order of the help.
func commands() []command {
	return []command{
		infoCommand(),
		tailCommand(),
		showCommand(),
		idsCommand(),
		traceCommand(),
		verifyCommand(),
		doctorCommand(),
		voidCommand(),
		strikeCommand(),
		gapsCommand(),
		reactorsCommand(),
		parkedCommand(),
		timersCommand(),
		exportCommand(),
		forgetCommand(),
		backupCommand(),
		restoreCommand(),
		copyCommand(),
		uiCommand(),
	}
}
