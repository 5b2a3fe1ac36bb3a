/** The scales of d3 that the pictures use. */
export { scaleLinear, scaleLog } from "d3-scale";
