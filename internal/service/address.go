package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// CheckAddress reports, by the variable's or flag's name, whether addr is a
// host and a port to listen on.
func CheckAddress(name, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s is %q: use host:port, such as 127.0.0.1:8080", name, addr)
	}
	return nil
}

// Listen listens on addr, with plain TCP. Its error names what to set to use
// another address.
func Listen(setting, addr string) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is taken by another program: stop that, or choose another address with %s", addr, setting)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s: choose a port above 1023 with %s", addr, setting)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: choose another address with %s: %w", addr, setting, err)
	}
	return l, nil
}
