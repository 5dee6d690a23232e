vcl 4.1;

# Kallithea at {{ site.url }} behind Varnish, written by: kallithea-cli deployment-create varnish
#
# What to do with it:
{% for step in steps %}
#   {{ loop.index }}. {{ step }}
{% endfor %}
{% if site.backends|length > 1 %}

import directors;
{% endif %}

# Whether a server has its database, its repositories and room on its disk; one that has not gets no visitors.
probe ready {
    .request =
        "GET /_health/ready HTTP/1.1"
        "Host: {{ site.name }}"
        "Connection: close";
    .interval = 2s;
    .timeout = 10s;
    .window = 3;
    .threshold = 2;
    .initial = 2;
}
{% for server in site.backends %}

backend kallithea{{ loop.index }} {
    .host = "{{ server.host }}";
    .port = "{{ server.port }}";
    .probe = ready;
    .connect_timeout = 10s;
    # A large push is silent while its changes are checked and stored.
    .first_byte_timeout = 3600s;
    .between_bytes_timeout = 3600s;
}
{% endfor %}
{% if site.backends|length > 1 %}

sub vcl_init {
    new servers = directors.round_robin();
{% for server in site.backends %}
    servers.add_backend(kallithea{{ loop.index }});
{% endfor %}
}
{% endif %}
{% if site.tls %}

# What ends https on the way here: Varnish does not. Its X-Forwarded-* headers are believed, nobody else's.
acl in_front {
{% for address in in_front %}
    "{{ address }}";
{% endfor %}
}
{% endif %}

sub vcl_recv {
{% if site.backends|length > 1 %}
    set req.backend_hint = servers.backend();
{% endif %}
    # What Kallithea is told about the visitor. Each header is set or removed, so that nothing that a stranger sent passes.
{% if site.tls %}
    if (client.ip !~ in_front) {
        return (synth(308, "Permanent Redirect"));
    }
    set req.http.X-Forwarded-Proto = "https";
{% else %}
    set req.http.X-Forwarded-For = client.ip;
    set req.http.X-Forwarded-Proto = "http";
{% endif %}
    unset req.http.X-Forwarded-Host;
    unset req.http.X-Forwarded-Port;
    unset req.http.Forwarded;
    unset req.http.Proxy;
{% if site.prefix %}
{% set indent = "    " if site.tls else "" %}
{% if site.tls %}
    # Unless what ends https has taken the prefix away already.
    if (!req.http.X-Forwarded-Prefix) {
{% endif %}
{{ indent }}    if (req.url == "{{ site.prefix }}") {
{{ indent }}        return (synth(308, "Permanent Redirect"));
{{ indent }}    }
{{ indent }}    if (req.url !~ "^{{ site.prefix_pattern }}/") {
{{ indent }}        return (synth(404, "There is nothing here"));
{{ indent }}    }
{{ indent }}    set req.http.X-Forwarded-Prefix = "{{ site.prefix }}";
{{ indent }}    set req.url = regsub(req.url, "^{{ site.prefix_pattern }}/", "/");
{% if site.tls %}
    }
{% endif %}
{% elif not site.tls %}
    unset req.http.X-Forwarded-Prefix;
{% endif %}

    # The name of each of these files has the hash of its content in it, and they are the same for everybody.
    if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "^/_assets/[^?]*$") {
        unset req.http.Cookie;
        unset req.http.Authorization;
        return (hash);
    }
    # What may be large goes through a pipe: anything else would keep all that the client has not taken yet in memory.
    if (req.method != "GET" && req.method != "HEAD" ||
        req.url ~ "[?&]cmd=" ||
        req.url ~ "/(git-upload-pack|git-receive-pack)$" ||
        req.url ~ "/(raw|archive)/") {
        return (pipe);
    }
    # Pages say themselves who may see them, and ask again each time.
    return (pass);
}

sub vcl_pipe {
    # Or what the client sends next on the same connection would pass unseen, with whatever headers it has.
    set bereq.http.Connection = "close";
    return (pipe);
}

sub vcl_backend_response {
    if (beresp.status != 200 || bereq.uncacheable) {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
    }
    return (deliver);
}

sub vcl_deliver {
    # A page may take longer than the usual ten minutes to arrive at a visitor far away.
    set sess.send_timeout = 3600s;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    return (deliver);
}
{% if site.tls or site.prefix %}

sub vcl_synth {
    if (resp.status == 308) {
        # 308 and not 301: what was a POST stays one.
{% if site.tls %}
        if (client.ip !~ in_front) {
            set resp.http.Location = "https://{{ site.name }}" + req.url;
            return (deliver);
        }
{% endif %}
{% if site.prefix %}
        set resp.http.Location = "{{ site.prefix }}/";
{% endif %}
        return (deliver);
    }
}
{% endif %}
