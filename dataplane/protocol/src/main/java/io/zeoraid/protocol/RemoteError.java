package io.zeoraid.protocol;

/**
 * An exception on the wire: {@code (class, args)}.
 *
 * @param type the Python class with its module, such as {@code ZODB.POSException.ConflictError}
 * @param arguments plain data: a list of the exception's arguments, or a map of its attributes
 */
public record RemoteError(String type, Object arguments) {}
