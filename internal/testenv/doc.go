// Package testenv gives tests real servers: a private embedded NATS server
// (NATS) and a private PostgreSQL database (Postgres). Each belongs to one test
// and ends with it. A missing server fails the test with the command to run.
package testenv
