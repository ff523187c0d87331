// Package deploy holds what operators install: nginx's configuration and
// systemd's units. It has no code; its tests compare the files with the roles.
package deploy
