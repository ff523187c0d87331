// Package nginx runs Debian's nginx with deploy/nginx/natter.conf before two
// edges, for the whole-system tests. Its own tests see the rules of that file
// one by one, with edges that answer as they are told.
package nginx
