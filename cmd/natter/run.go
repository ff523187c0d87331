package main

import (
	"context"
	"fmt"
	"net"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/roles/runedge"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/jetstream"
)

// run is natter run: everything in this process.
func run(p service.Process) int {
	config := runDefaults()
	if code, ok := parse(p, runAbout, runFlags(&config), &config); !ok {
		return code
	}
	if err := p.Load(&config); err != nil {
		return p.Misconfigured(err)
	}
	p.OpsSetting = "-ops"
	folder, listeners, err := occupy(&config)
	if err != nil {
		fmt.Fprintf(p.Err, "natter cannot start: %v\n", err)
		return 1
	}
	defer folder.Close()
	defer closeAll(listeners)
	return service.Run(p, &config, func(ctx context.Context, s *service.Service) error {
		return whole(ctx, s, &progress{out: p.Out}, folder, listeners, &config)
	})
}

// occupy takes the folder and the addresses, before anything slow begins.
func occupy(c *runConfig) (*local.Folder, []net.Listener, error) {
	var listeners []net.Listener
	for _, addr := range c.addresses() {
		l, err := service.Listen("-listen", addr)
		if err != nil {
			closeAll(listeners)
			return nil, nil, err
		}
		listeners = append(listeners, l)
	}
	folder, err := local.OpenFolder(c.data)
	if err == nil && c.Secret == "" {
		var secret string
		secret, err = folder.Secret(auth.NewSecret)
		c.Secret = service.Secret(secret)
	}
	if err != nil {
		closeAll(listeners)
		return nil, nil, err
	}
	return folder, listeners, nil
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		_ = l.Close() // an edge may have done so
	}
}

// whole starts the servers, then the roles, and ends them in the opposite
// order.
func whole(ctx context.Context, s *service.Service, say *progress, folder *local.Folder, listeners []net.Listener, c *runConfig) error {
	servers, err := startServers(ctx, s, say, folder, c)
	if err != nil {
		return err
	}
	defer servers.stop()
	if err := folder.KeepServers(string(c.NATS), string(c.Monitor), string(c.Database)); err != nil {
		return err
	}
	options := jetstream.SetupOptions{} // what an external server has stays as it is
	if servers.nats != nil {
		if options.ChatBytes, err = folder.LogBytes(); err != nil {
			return err
		}
	}
	say.step("Setting up streams and schema")
	if err := roles.Setup(ctx, s.Part("setup", "setup"), c.log(), c.database(), options); err != nil {
		return err
	}
	c.keepMails(say, folder)
	passwords, endHashing, err := runedge.Passwords(s)
	if err != nil {
		return err
	}
	defer endHashing()
	c.passwords = passwords
	say.step("Starting a persister, a notifier and the edges")
	team := startTeam(ctx, s, listeners, c)
	if team.ready(ctx) == nil {
		s.Started()
		say.open(s, folder, listeners, c.SMTP == "")
	}
	err = team.wait()
	say.step("Stopping the servers")
	return err
}

// keepMails makes a mailbox of the data folder, unless mails go out or somewhere
// else. The terminal shows their subjects, which hold the codes.
func (c *runConfig) keepMails(say *progress, folder *local.Folder) {
	if c.SMTP == "" && c.Mailbox == "" {
		c.Mailbox = folder.Mail()
	}
	c.tell = say.mail
}
