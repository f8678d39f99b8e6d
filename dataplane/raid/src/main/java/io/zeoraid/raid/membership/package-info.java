/**
 * The membership record: who is primary, which backends are in sync, and what is reserved. Pure
 * data with its legal transitions.
 */
@NullMarked
package io.zeoraid.raid.membership;

import org.jspecify.annotations.NullMarked;
