package history

// Commits splits a log into its commits: neighbouring messages with one commit id.
func Commits(log []Entry) [][]Entry {
	var commits [][]Entry
	for begin := 0; begin < len(log); {
		end := begin + 1
		for end < len(log) && log[end].Header.ID == log[begin].Header.ID {
			end++
		}
		commits = append(commits, log[begin:end])
		begin = end
	}
	return commits
}

// LacksEnd reports whether a commit has lost its last messages, and none before them.
func LacksEnd(commit []Entry) bool {
	for i, e := range commit {
		if e.Header.Offset+e.Header.Index != i {
			return false
		}
	}
	return len(commit) < commit[0].Header.Total
}

// WholeCommits returns a log without the commits that lack their end: readers pass
// over them.
func WholeCommits(log []Entry) []Entry {
	var whole []Entry
	for _, c := range Commits(log) {
		if !LacksEnd(c) {
			whole = append(whole, c...)
		}
	}
	return whole
}
