// Package roles connects what every role needs: the log and the database, from
// the environment. Its subpackages runedge, runpersister and runnotifier are one
// role each: a Config, its Defaults, and Run. cmd/edge, cmd/persister and
// cmd/notifier run one of them; cmd/natter runs several in one process. Each has
// a package of its own so that a role's binary holds no other role.
//
// Run refuses to start, with a sentence that says what to do, when the log or
// the database is not what this version needs. Nothing here creates or changes
// either: that is Setup, for `natter setup`. A server that does not answer yet
// is waited for, so that everything may be started at once.
package roles
