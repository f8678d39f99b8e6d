package io.zeoraid.raid.membership;

/**
 * A record as the store holds it.
 *
 * @param version what a compare-and-set must name; opaque (a counter in a file, {@code
 *     resourceVersion} in Kubernetes)
 */
public record Stored(String version, MembershipRecord record) {}
