"""nginx with libmodsecurity, which is ModSecurity 3."""

import debian
import webserver

PROGRAM = debian.SERVERS.path("/usr/sbin/nginx")
MODULE = debian.SERVERS.path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")

SERVER = """
    server {{
        listen 127.0.0.1:{port} proxy_protocol;
        server_name shop.example.com;
        modsecurity on;
        modsecurity_rules_file {folder}/{rules};
        root {folder}/site;
        proxy_set_header Host shop.example.com;
        location / {{ proxy_pass http://unix:{folder}/back.sock; }}
        location /down/ {{ proxy_pass http://unix:{folder}/nobody.sock; }}
        location /files/ {{ }}
        location /forbidden/ {{ deny all; }}
        location /small {{ client_max_body_size 1k; proxy_pass http://unix:{folder}/back.sock; }}
        location /secret/ {{ auth_basic "closed"; auth_basic_user_file {folder}/users; }}
    }}"""

# The names that people give to the members of such a log.
MEMBERS = """time_iso8601 msec remote_addr remote_port remote_user request request_method request_uri
uri args server_protocol status body_bytes_sent request_length request_time host http_host server_name
http_referer http_user_agent http_x_forwarded_for http_cookie http_authorization http_origin
proxy_add_x_forwarded_for request_body request_id upstream_addr upstream_status
sent_http_set_cookie content_type""".split()

SITE = """
load_module {module};
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/scratch/body;
    proxy_temp_path {folder}/scratch/proxy;
    fastcgi_temp_path {folder}/scratch/fastcgi;
    uwsgi_temp_path {folder}/scratch/uwsgi;
    scgi_temp_path {folder}/scratch/scgi;
    client_body_buffer_size 256k;
    keepalive_timeout 0;
    client_header_timeout 1s;
    proxy_ignore_client_abort on;
    log_format members escape=json '{members}';
    access_log {folder}/access.log combined;
    access_log {folder}/access-json.log members;
    set_real_ip_from 127.0.0.1;
    real_ip_header proxy_protocol;
{servers}
    server {{
        listen unix:{folder}/back.sock;
        access_log off;
        default_type text/html;
        add_header Set-Cookie "sid=$request_id; HttpOnly";
        location / {{ return 200 "<html>{answer}</html>\\n"; }}
        location /item {{ return 500 "You have an error in your SQL syntax near '{answer}'\\n"; }}
    }}
}}
"""


class Nginx(webserver.Webserver):
    logs = {
        "audit": "audit.log",
        "access": "access.log",
        "access-json": "access-json.log",
        "error": "error.log",
    }

    def settings(self):
        self.write("users", "somebody:{PLAIN}nothing\n")
        servers = [SERVER.format(port=port, folder=self.folder, rules=rules)
                   for port, rules in self.ports()]
        members = ",".join(f'"{name}":"${name}"' for name in MEMBERS)
        # Without it the worker of a master that is root is nobody, who cannot write here.
        user = f"user {webserver.own_name()};" if webserver.is_root() else ""
        return SITE.format(module=MODULE, folder=self.folder, answer=self.answer, user=user,
                           members="{" + members + "}", servers="".join(servers))

    def command(self):
        return [PROGRAM, "-p", self.folder, "-c", f"{self.folder}/server.conf"]
