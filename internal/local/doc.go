// Package local starts what natter needs on one machine: an embedded NATS
// server (StartNATS) and a PostgreSQL child process (StartPostgres), both on the
// loopback interface and both in a data folder that one natter at a time may use
// (Lock). It is for cmd/natter and for tests. Nothing else imports the embedded
// server, so that it never rides along in a role's binary.
//
// What is started is stopped with Stop, in the opposite order. Both survive a
// kill -9: the next start on the same folder recovers.
package local
