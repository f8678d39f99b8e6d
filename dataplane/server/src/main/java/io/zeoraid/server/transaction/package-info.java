/** Transactions that clients have begun and not voted yet. */
@NullMarked
package io.zeoraid.server.transaction;

import org.jspecify.annotations.NullMarked;
