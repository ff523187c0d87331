package sql_test

import (
	"github.com/natter-chat/natter/edge"
	"github.com/natter-chat/natter/sql"
)

// What an edge needs of storage is here.
var (
	_ edge.Accounts    = (*sql.DB)(nil)
	_ edge.Rooms       = (*sql.DB)(nil)
	_ edge.Directory   = (*sql.DB)(nil)
	_ edge.Rows        = (*sql.DB)(nil)
	_ edge.Reading     = (*sql.DB)(nil)
	_ edge.Staff       = (*sql.DB)(nil)
	_ edge.Tokens      = (*sql.DB)(nil)
	_ edge.Invitations = (*sql.DB)(nil)
)
