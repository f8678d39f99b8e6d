package io.zeoraid.operator.servers;

/**
 * Where the control service of a server is.
 *
 * @param host the IP address of its pod
 * @param port its port
 */
public record Address(String host, int port) {}
