/** `code` of the error that a simulation throws when it does not come to an end. */
export const simulationHangCode = 'ERR_SIMULATION_HANG';

/** Makes that error; the report is its message. */
export function simulationHang(report: string): Error {
  return Object.assign(new Error(report), { name: 'SimulationHang', code: simulationHangCode });
}
