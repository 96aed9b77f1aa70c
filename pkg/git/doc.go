// Package git asks the git program about a checkout whose files somebody else may have written.
//
// In go paths, and names of files at a commit; out come ids, contents, and whether git tracks a path. What a checkout holds
// decides nothing of how git is run: a repository is only what has a .git, its settings that run programs are overruled, git
// gets an environment that holds nothing of ours, and no command is used that applies filters. It writes nothing and reaches
// no network. What git refuses to look at is an error, never a guess.
package git
