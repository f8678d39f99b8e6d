package io.zeoraid.operator.plan;

/**
 * What the operator was started with.
 *
 * @param serverImage the image of the servers, where a ZeoRaid names none
 * @param backendImage the image of the backends, where a ZeoRaid names none
 * @param namespace where the operator runs
 */
public record Settings(String serverImage, String backendImage, String namespace) {}
