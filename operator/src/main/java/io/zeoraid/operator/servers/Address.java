package io.zeoraid.operator.servers;

import java.util.Optional;

/**
 * Where the control service of a server is, and how it is known.
 *
 * @param host the IP address of its pod
 * @param port its port
 * @param serverName the host name that its certificate must be for; empty: it speaks no TLS
 */
public record Address(String host, int port, Optional<String> serverName) {}
