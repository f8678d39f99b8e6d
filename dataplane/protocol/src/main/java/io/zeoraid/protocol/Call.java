package io.zeoraid.protocol;

/**
 * A request as it came in.
 *
 * @param id what the client wants to see in the reply: a number, or anything else ({@code
 *     loadBefore} sends {@code (oid, tid)}); plain data, echoed as it came
 * @param async whether no reply is wanted
 */
public record Call(Object id, boolean async, Request request) {}
