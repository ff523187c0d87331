// Package mail sends letters: through an SMTP server (Open), or into a folder
// of this machine for development (OpenMailbox), where a page and a file show
// them.
//
// Both have Send, which returns when the server has taken the mail or the file
// is on disk. It ends with its context, and within a minute in any case; an
// error that is permanent has a method Permanent that says so: trying again
// will not help. Send may be called concurrently. Who needs a queue, tries or a
// bound on either has them beside this package: see edge.
//
// No secret shows in errors: neither the server's password nor what a mail says.
//
// # Testing
//
// Against a real SMTP server in the test's process.
package mail
