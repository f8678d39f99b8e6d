package io.zeoraid.protocol;

import java.util.List;

/**
 * A {@code ZopeUndo.Prefix.Prefix} as plain data: in the specification of {@link Request.UndoInfo}
 * it equals every path that begins with it. Only pickle can carry it, and only a request does.
 *
 * @param path the path's elements
 */
public record Prefix(List<String> path) {}
