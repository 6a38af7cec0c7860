#!/bin/sh
# Runs a proxy that listens at PORT and passes requests on to UPSTREAM: proxy.sh KIND PORT UPSTREAM
# [CLIENT...]. With CLIENT, it ends with that and its status; else the proxy is all there is.
set -eu
kind=$1 port=$2 upstream=$3
shift 3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
case $kind in
nginx*)
	more=
	[ "$kind" != nginx-ignores ] || more='proxy_ignore_client_abort on;'
	cat >"$dir/conf" <<C
error_log stderr crit;
pid $dir/pid;
daemon off;
master_process off;
events {}
http {
    access_log off;
    client_header_timeout 1s;
    client_body_temp_path $dir/body;
    proxy_temp_path $dir/proxy;
    fastcgi_temp_path $dir/fastcgi;
    uwsgi_temp_path $dir/uwsgi;
    scgi_temp_path $dir/scgi;
    server {
        listen 127.0.0.1:$port;
        location / { proxy_pass http://$upstream; proxy_http_version 1.1; $more }
    }
}
C
	proxy="nginx -c $dir/conf"
	;;
haproxy*)
	more=
	[ "$kind" != haproxy-aborts ] || more='option abortonclose'
	cat >"$dir/conf" <<C
defaults
    mode http
    timeout connect 5s
    timeout client 1s
    timeout http-request 1s
    timeout server 10s
    $more
listen proxy
    bind 127.0.0.1:$port
    server origin $upstream
C
	proxy="haproxy -db -f $dir/conf"
	;;
esac
$proxy 2>"$dir/err" &
pid=$!
trap 'kill $pid 2>/dev/null; wait $pid || true; rm -rf "$dir"' EXIT
trap 'exit 143' TERM
if [ $# = 0 ]; then
	wait $pid
	exit
fi
until python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null; do sleep 0.05; done
status=0
"$@" || status=$?
exit $status
