/**
 * What should run for a {@code ZeoRaid}: pure functions from the wish, and from what was seen, to
 * the objects that are applied. No client, no clock.
 *
 * <p>The objects are in the form in which they are sent by server-side apply: only what we decide
 * is in them, so that applying them again changes nothing.
 */
@NullMarked
package io.zeoraid.operator.plan;

import org.jspecify.annotations.NullMarked;
